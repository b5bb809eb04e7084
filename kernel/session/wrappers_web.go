package session

import (
	"image"
	"net/http"
)

// A picture is opaque when it says so, or as package image/png finds out.
type (
	picture struct {
		Box
		image.Image
	}
	indices func(x, y int) uint8

	palettedPicture struct {
		picture
		indices
	}
)

func (f indices) ColorIndexAt(x, y int) uint8 { return f(x, y) }

func (p picture) Opaque() bool {
	return either(p.Box, "Opaque", func() bool {
		r := p.Bounds()
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if _, _, _, a := p.At(x, y).RGBA(); a != 0xffff {
					return false
				}
			}
		}
		return true
	})()
}

func asPicture(w any, b Box) any {
	p := picture{b, w.(image.Image)}
	if f, ok := asFunc[func(x, y int) uint8](b, "ColorIndexAt"); ok {
		return palettedPicture{p, f}
	}
	return p
}

// What http.ResponseController asks a ResponseWriter for.
type (
	flushing   func()
	unwrapping func() http.ResponseWriter

	response struct {
		Box
		http.ResponseWriter
	}
	responseFlushing struct {
		response
		flushing
	}
	responseAround struct {
		response
		unwrapping
	}
	responseFlushingAround struct {
		response
		flushing
		unwrapping
	}
)

func (f flushing) Flush()                        { f() }
func (f unwrapping) Unwrap() http.ResponseWriter { return f() }

func asResponse(w any, b Box) any {
	r := response{b, w.(http.ResponseWriter)}
	f, flushes := asFunc[func()](b, "Flush")
	in, wraps := asFunc[func() http.ResponseWriter](b, "Unwrap")
	switch {
	case flushes && wraps:
		return responseFlushingAround{r, f, in}
	case flushes:
		return responseFlushing{r, f}
	case wraps:
		return responseAround{r, in}
	}
	return r
}

// A transport closes what it keeps, if anything.
type transport struct {
	Box
	http.RoundTripper
}

func (t transport) CloseIdleConnections() {
	either(t.Box, "CloseIdleConnections", func() {})()
}

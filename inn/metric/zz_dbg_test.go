package metric
import ("testing";"fmt";"math")
func TestDbg(t *testing.T){
 g:=newGaussian(t); test:=g.pairs(t,400)
 unit:=spreads(test.X)
 for _,n:=range []int{300,1000,4000} {
 var e2, c2, nc float64
 N:=60
 for i:=range N { s,_:=g.Sample(test.Y.Row(i),n,uint64(i+10))
  rows:=scaled(s,unit); r:=meanShiftBandwidth(rows)
  cs:=meanShift(rows,r,100); nc+=float64(len(cs))/float64(N)
  if i<2 {fmt.Println(n,r,cs)}
  b:=highest(cs,rows,.1)
  m,_:=MAP(s,&MAPSettings{Scale:unit})
  c2+=b[3]*b[3]; z:=m[3]/unit[3]; e2+=z*z }
 fmt.Println(n,"centre rms d",math.Sqrt(c2/float64(N)),"map",math.Sqrt(e2/float64(N)),"centres",nc)
 }
}

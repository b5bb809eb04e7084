"""Writes the test images with NumPy, tifffile and Spectral Python: python make.py

The value at row i, column j of band b is 40 b + 10 i + j, less 100 where signed.
"""
import os

import numpy as np
import spectral.io.envi as envi
import tifffile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
i, j, b = np.meshgrid(np.arange(3), np.arange(4), np.arange(5), indexing="ij")
cube = 40 * b + 10 * i + j
first = np.moveaxis(cube, 2, 0)

np.save("u2.npy", cube.astype("<u2"))
np.save("f8-fortran.npy", np.asfortranarray(cube.astype("<f8")) - 100)
np.save("i4-big-first.npy", first.astype(">i4") - 100)
np.save("i8.npy", cube.astype("<i8") - 100)
np.save("u8-big.npy", cube.astype(">u8"))
np.save("f2.npy", cube.astype("<f2") - np.float16(100))

tifffile.imwrite("u1.tif", first.astype("u1"), photometric="minisblack")
tifffile.imwrite("u2-big.tif", first.astype(">u2"), byteorder=">", photometric="minisblack")
tifffile.imwrite("f4-deflate.tif", first.astype("<f4") - 100, compression="zlib", rowsperstrip=2, photometric="minisblack")
tifffile.imwrite("i2-samples.tif", cube.astype("<i2") - 100, photometric="minisblack", planarconfig="contig")
tifffile.imwrite("lzw.tif", first.astype("u1"), compression="lzw", photometric="minisblack")

meta = {"wavelength": [580.0, 470.0, 660.0, 560.0, 480.0], "wavelength units": "Nanometers"}
envi.save_image("bsq.hdr", cube.astype("u2"), dtype="u2", interleave="bsq", metadata=meta, force=True, ext="raw")
envi.save_image("bil.hdr", cube.astype("f4") - 100, dtype="f4", interleave="bil", byteorder=1, force=True)
meta = {"wavelength": [0.58, 0.47, 0.66, 0.56, 0.48], "wavelength units": "Micrometers"}
envi.save_image("bip.hdr", cube.astype("i2") - 100, dtype="i2", interleave="bip", metadata=meta, force=True)

"""Which version this is. Looking it up in the installed package costs 65 ms, at each start."""

VERSION = "0.2.0"

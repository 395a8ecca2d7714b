"""Products with weights in int8, int4 and bfloat16, and what lies between them, in C++."""

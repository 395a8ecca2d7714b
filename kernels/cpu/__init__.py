"""Products with int8 weights and what lies between them, in C++ for a CPU's own instructions."""

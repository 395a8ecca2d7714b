"""`fillwright bench engine`: a denoise step and its stages on a GPU beside what their bytes need."""

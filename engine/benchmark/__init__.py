"""`fillwright bench engine`: a denoise step on a GPU and its stages beside what their bytes need."""

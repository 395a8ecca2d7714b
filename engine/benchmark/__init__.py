"""`fillwright bench engine`: a GPU's denoise step and its stages beside what their bytes need."""

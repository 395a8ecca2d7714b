"""`fillwright bench engine`: a GPU's denoise step and its stages beside the time of their bytes."""

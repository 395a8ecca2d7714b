"""`fillwright doctor`: what is installed, what runs, and what to do about what does not."""

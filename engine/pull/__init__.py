"""`fillwright pull`: a model from a hub, resumed and checked. Knows not what a model is."""

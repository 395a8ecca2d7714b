"""`fillwright quantize`: a checkpoint folder in int4 or FP8, shard by shard. Runs no model."""

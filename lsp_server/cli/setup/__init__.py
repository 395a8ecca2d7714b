"""`fillwright setup`: plans, asks, writes, and fills a sample."""

"""`python -P -m fillwright.engine.training`: training where only torch, numpy, safetensors and
tokenizers are installed."""

import sys

from fillwright.engine.training.command import main

sys.exit(main(sys.argv[1:]))

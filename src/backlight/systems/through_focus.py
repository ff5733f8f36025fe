"""Phase retrieval through focus: a lensless stack whose sample lies on the camera's own pixels."""

from dataclasses import replace
from functools import partial

from backlight.systems.lensless_super_resolution import ENTRY as STACK
from backlight.systems.schemas import MULTI_HEIGHT

ENTRY = replace(STACK, schema=MULTI_HEIGHT, ask=partial(STACK.ask, balanced=True))

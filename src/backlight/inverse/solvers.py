"""The solvers one can choose from; `estimate` chooses by the kind of unknowns where none is named."""

from backlight.inverse.alternate import Alternate as Alternate
from backlight.inverse.first_order import LBFGS as LBFGS
from backlight.inverse.first_order import Adam as Adam
from backlight.inverse.fista import FISTA as FISTA
from backlight.inverse.least_squares import LevenbergMarquardt as LevenbergMarquardt
from backlight.inverse.variable_projection import VariableProjection as VariableProjection

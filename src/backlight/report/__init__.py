"""Figures and the report of any estimate: one HTML file that needs no network, and PNG and SVG for a paper.

matplotlib is loaded when a figure is drawn, not before.
"""

from backlight.report.content import Content as Content
from backlight.report.content import Parameter as Parameter
from backlight.report.page import write_figures as write_figures
from backlight.report.page import write_page as write_page

"""`python -m backlight`: the command line, where its script is not on the path."""

from backlight.cli import main

if __name__ == "__main__":
    main()

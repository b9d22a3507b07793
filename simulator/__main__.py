"""``python -m simulator`` is the command ``themodel``."""

from simulator.cli import main

if __name__ == "__main__":
    main()

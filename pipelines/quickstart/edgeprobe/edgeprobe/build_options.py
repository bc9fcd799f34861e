"""What was decided when the package was built. The build writes this file anew; these are its defaults."""

VERSION = "0+source"

# Bytes in one "kB" of /proc/meminfo: the kernel means 1024.
MEMINFO_UNIT = 1024

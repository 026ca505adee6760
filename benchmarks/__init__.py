"""Where README's speed and memory figures come from: `python -m benchmarks` measures them again on this machine."""

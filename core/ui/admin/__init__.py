"""The tabs of the Admin page, one module each."""

"""Components of the Admin page, one module per tab."""

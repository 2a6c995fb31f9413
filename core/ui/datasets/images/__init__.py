"""The Hands tab of the Datasets page: pictures, where they come from, and the datasets made of them."""

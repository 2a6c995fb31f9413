"""Rock, paper, scissors: hands on pictures, found and named by a YOLO detector."""

"""What agents ask people, and what people decide: each question is a row, asked once and ended once."""

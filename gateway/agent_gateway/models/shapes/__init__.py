"""What of a request may go out, by the kind of API: known fields alone, rebuilt. Pure."""

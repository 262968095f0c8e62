"""The functions and distributions of the language, vectorised over particles."""

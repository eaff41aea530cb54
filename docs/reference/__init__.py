"""One module is one kind of reference page: `pages()` gives them. Nothing here is committed as text."""

"""The documentation: pages by hand in Markdown, reference pages made from code and content."""

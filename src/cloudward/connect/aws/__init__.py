"""Amazon Web Services through ordinary boto3: one file per service, each a declaration and its exceptions."""

"""One reading in words and pictures: what pages, papers and images show. No database, no HTTP."""

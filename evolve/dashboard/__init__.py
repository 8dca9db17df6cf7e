"""Pages that show an archive in the browser; they read it and never write."""

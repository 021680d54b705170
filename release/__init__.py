"""What a release consists of: the artifact, its bill of materials, and its signature."""

"""The database's layout, one SQL script a step; ``storage.migrate`` applies them in the order of their names."""

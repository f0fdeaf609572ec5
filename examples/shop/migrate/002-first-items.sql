INSERT INTO items (name) VALUES ('apples'), ('pears');

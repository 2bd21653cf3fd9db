-- What the customer thinks of the chat, 1 to 5; what it wrote with it is for staff.
ALTER TABLE chat ADD COLUMN rating INTEGER CHECK (rating BETWEEN 1 AND 5);
ALTER TABLE chat ADD COLUMN ratingComment TEXT;
ALTER TABLE chat ADD COLUMN ratedAt INTEGER;

-- Who a site says its visitor is, by a signed token. NULL: it says nothing.
ALTER TABLE chat ADD COLUMN externalId TEXT;

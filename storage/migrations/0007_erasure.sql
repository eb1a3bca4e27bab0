-- Whose athlete is erased, nothing more can be stored of: not even by a worker that is at it.
-- Documents are the way in for every observation.

DELETE FROM observation_documents WHERE athlete_id NOT IN (SELECT id FROM athletes);
ALTER TABLE observation_documents
    ADD CONSTRAINT observation_documents_of_somebody FOREIGN KEY (athlete_id) REFERENCES athletes;

-- Words of texts, so that posts are found by spelling: an inverted index in plain tables.

CREATE TABLE words (word VARCHAR NOT NULL, content_id BIGINT NOT NULL, count INTEGER NOT NULL);

COMMENT ON TABLE words IS 'which texts have which words: an inverted index, written in the order of words by each build';
COMMENT ON COLUMN words.word IS 'in small letters without accents; a hashtag or handle also with its sign';
COMMENT ON COLUMN words.content_id IS 'a text that has the word';
COMMENT ON COLUMN words.count IS 'how often';

CREATE TABLE text_lengths (content_id BIGINT NOT NULL, words INTEGER NOT NULL);

COMMENT ON TABLE text_lengths IS 'texts whose words are indexed';
COMMENT ON COLUMN text_lengths.words IS 'words of the text, as often as they are there';

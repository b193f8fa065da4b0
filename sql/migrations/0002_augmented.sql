-- Vectors of other views of a content: a reworded text, a cropped picture. Heads learn from
-- them; no search, view or export ever sees them.

CREATE TABLE augmented (
    space VARCHAR NOT NULL,
    content_id BIGINT NOT NULL,
    recipe VARCHAR NOT NULL,       -- how the view was made, in full
    number INTEGER NOT NULL,       -- which of the recipe's views, from 0
    vector FLOAT[] NOT NULL
);

-- when: SELECT anyIf(value, name = 'listing') = 'hidden' FROM {db}.settings FINAL
-- Where people have to opt in, whoever the table people does not have yet is listed as hidden before anybody is placed.
INSERT INTO {db}.people (person_id, listing)
SELECT DISTINCT user_id, 'hidden'
FROM {db}.usage_1d
WHERE day > toDate(now(), 'UTC') - 91 AND user_id != '' AND user_id NOT IN (SELECT person_id FROM {db}.people)

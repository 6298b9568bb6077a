-- title: Services
-- description: How well each service tells its calls: the share of its gross tokens that belong to nobody, of calls
--   without reported usage, of calls without a known price, and of failed calls. The worst first.
WITH
    ['project service'] AS shown,
-- include: counted
SELECT
    if(u.service = '', '(none)', u.service) AS service,
    if(u.project = '', '(none)', u.project) AS project,
    sum(u.calls) AS calls,
    sum(u.net_tokens) AS net_tokens,
    sum(u.gross_tokens) AS gross_tokens,
    if(gross_tokens = 0, NULL, sum(u.unattributed_tokens) / gross_tokens) AS unattributed_share,
    sum(u.unknown_calls) / calls AS unknown_share,
    sum(u.unpriced_calls) / calls AS unpriced_share,
    sum(u.failed_calls) / calls AS failed_share,
    if(gross_tokens = 0, NULL, (gross_tokens - net_tokens) / gross_tokens) AS waste_share
FROM counted AS u
GROUP BY service, project
HAVING calls > 0
ORDER BY unattributed_share DESC NULLS LAST, unknown_share DESC, gross_tokens DESC
LIMIT 100

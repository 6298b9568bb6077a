-- variable: user
    (SELECT decodeURLComponent(substring('${user:customqueryparam:v}', 3))) AS picked_user,
    if(picked_user = '(none)', '', picked_user) AS person,

-- variable: session default=
    (SELECT decodeURLComponent(substring('${session:customqueryparam:v}', 3))) AS wanted

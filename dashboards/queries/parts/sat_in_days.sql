            AND $__conditionalAll((has(picked_teams, '*') OR team IN looked_for.1), $team)
            AND $__conditionalAll((has(picked_models, '*') OR multiSearchAny(models, looked_for.2)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR multiSearchAny(agents, looked_for.3)
                OR (has(picked_agents, '(none)') AND agents = '')), $agent)

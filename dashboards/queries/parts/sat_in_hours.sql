            AND $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))), $team)
            AND $__conditionalAll((has(picked_models, '*') OR hasAny(models, picked_models)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents))), $agent)

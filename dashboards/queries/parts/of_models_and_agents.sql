            AND $__conditionalAll((has(picked_models, '*') OR has(picked_models, model)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR has(picked_agents, if(agent = '', '(none)', agent))), $agent)

-- Stage cube_1h: usage of some hours over sets of dimensions.
{include:refresh/cube.sql}

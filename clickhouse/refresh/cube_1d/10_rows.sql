-- Stage cube_1d: usage of some days over sets of dimensions.
{include:refresh/cube.sql}

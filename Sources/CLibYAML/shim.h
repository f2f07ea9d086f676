#ifndef FINFLOW_CLIBYAML_SHIM_H
#define FINFLOW_CLIBYAML_SHIM_H

#include <yaml.h>

#endif

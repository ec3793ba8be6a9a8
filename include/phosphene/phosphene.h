// All of the library.
#pragma once

#include <phosphene/atlas.h>
#include <phosphene/error.h>
#include <phosphene/evolve.h>
#include <phosphene/figures.h>
#include <phosphene/model.h>
#include <phosphene/picture.h>
#include <phosphene/prior.h>
#include <phosphene/request.h>
#include <phosphene/run.h>
#include <phosphene/session.h>
#include <phosphene/version.h>

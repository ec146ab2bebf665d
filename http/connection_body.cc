#include "http/connection_body.h"

namespace terrella::http {

ConnectionBody::~ConnectionBody() {
  if (connection_ != nullptr) connection_->OnBodyDestroyed();
}

void ConnectionBody::Read(Reader& reader) {
  reader_ = &reader;
  reading_ = true;
  if (connection_ != nullptr) {
    connection_->OnBodyReading();
  } else if (!error_.ok()) {
    Fail(std::exchange(error_, absl::OkStatus()));
  }
}

void ConnectionBody::Pause() {
  reading_ = false;
  if (connection_ != nullptr) connection_->OnBodyPaused();
}

void ConnectionBody::End() {
  connection_ = nullptr;
  reader_->OnBodyEnd();
}

void ConnectionBody::Fail(const absl::Status& error) {
  connection_ = nullptr;
  if (reading_) {
    reader_->OnBodyError(error);
  } else {
    error_ = error;
  }
}

}  // namespace terrella::http
